/// How the engine reads a product's fields.
enum ProductMapping {
    /// `dynamic: strict`: a field that is not listed here is a mistake in our code, not a new mapping.
    static let index: JSON = [
        "settings": [
            "analysis": [
                "filter": ["product_stemmer": ["type": "stemmer", "language": "english"]],
                "analyzer": [
                    "product_text": [
                        "type": "custom", "tokenizer": "standard",
                        "filter": ["lowercase", "asciifolding", "product_stemmer"],
                    ]
                ],
            ]
        ],
        "mappings": [
            "dynamic": "strict",
            "properties": properties,
        ],
    ]

    /// An index that lives already may get new fields, and no other change.
    static let properties: JSON = [
        "id": ["type": "keyword"],
        "slug": ["type": "keyword"],
        "name": text,
        "description": text,
        "category": ["type": "keyword"],
        "category_name": text,
        "categories": ["type": "keyword"],
        "brand": ["type": "keyword"],
        "brand_name": text,
        "skus": ["type": "keyword"],
        "tags": ["type": "keyword"],
        "tag_words": text,
        "attributes": ["type": "keyword"],
        "price_amount": ["type": "long"],
        "compare_at_amount": ["type": "long"],
        "currency": ["type": "keyword"],
        "primary_image_url": ["type": "keyword", "index": false, "doc_values": false],
        "in_stock": ["type": "boolean"],
        "created_at": ["type": "date"],
    ]

    private static let text: JSON = ["type": "text", "analyzer": "product_text"]
}
