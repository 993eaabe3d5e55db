/// Changes of one variant or one image. The draft is validated as a whole afterwards.
extension ProductDraft {
    /// - Throws: `CatalogError.variantNotFound`.
    package mutating func changeVariant(
        _ id: Int64,
        _ change: (inout Variant) -> Void
    ) throws(CatalogError) {
        guard let index = variants.firstIndex(where: { $0.id == id }) else { throw .variantNotFound }
        change(&variants[index])
    }

    /// - Throws: `CatalogError.variantNotFound`, `.lastVariant`.
    package mutating func removeVariant(_ id: Int64) throws(CatalogError) {
        guard let index = variants.firstIndex(where: { $0.id == id }) else { throw .variantNotFound }
        if variants.count == 1 { throw .lastVariant }
        variants.remove(at: index)
    }

    /// The first image is the primary one, and a later one becomes it when it says so.
    package mutating func addImage(_ image: Image) {
        images.append(image)
        if image.isPrimary || images.count == 1 { makePrimary(images.count - 1) }
    }

    /// - Throws: `CatalogError.imageNotFound`.
    package mutating func changeImage(_ id: Int64, _ change: (inout Image) -> Void) throws(CatalogError) {
        guard let index = images.firstIndex(where: { $0.id == id }) else { throw .imageNotFound }
        let wasPrimary = images[index].isPrimary
        change(&images[index])
        if images[index].isPrimary, !wasPrimary { makePrimary(index) }
    }

    /// The first of the others takes the place of a primary image.
    ///
    /// - Throws: `CatalogError.imageNotFound`, or `.lastImage` of an active product.
    package mutating func removeImage(_ id: Int64) throws(CatalogError) {
        guard let index = images.firstIndex(where: { $0.id == id }) else { throw .imageNotFound }
        if images.count == 1, status == .active { throw .lastImage }
        let removed = images.remove(at: index)
        if removed.isPrimary, !images.isEmpty { makePrimary(0) }
    }

    /// - Parameter ids: every image of the product, once.
    /// - Throws: `CatalogError.imagesDiffer`.
    package mutating func arrangeImages(_ ids: [Int64]) throws(CatalogError) {
        let byID = Dictionary(images.compactMap { image in image.id.map { ($0, image) } }) { first, _ in first }
        let arranged = ids.compactMap { byID[$0] }
        guard arranged.count == ids.count, Set(ids).count == ids.count, ids.count == images.count else {
            throw .imagesDiffer
        }
        images = arranged
    }

    private mutating func makePrimary(_ index: Int) {
        for other in images.indices { images[other].isPrimary = other == index }
    }
}
