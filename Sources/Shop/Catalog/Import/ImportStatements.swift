import Postgres

/// The statements of an import, in the order in which they run.
enum ImportStatements {
    static let createStaging: PostgresQuery = """
        CREATE TEMPORARY TABLE catalog_import (
            line bigint NOT NULL, sku text NOT NULL, name text NOT NULL, description text NOT NULL,
            category_slug text NOT NULL, category text NOT NULL, brand_slug text NOT NULL, brand text NOT NULL,
            price_amount bigint NOT NULL, currency text NOT NULL, stock_quantity integer NOT NULL,
            image_url text NOT NULL, slug text NOT NULL,
            category_id bigint, brand_id bigint, product_id bigint, variant_id bigint
        ) ON COMMIT DROP
        """

    static let copy = """
        COPY catalog_import (line, sku, name, description, category_slug, category, brand_slug, brand, price_amount,
            currency, stock_quantity, image_url, slug) FROM STDIN
        """

    static let takeRepeatedSKUs: PostgresQuery = """
        DELETE FROM catalog_import i USING (
            SELECT line, row_number() OVER (PARTITION BY sku ORDER BY line) AS occurrence FROM catalog_import
        ) o WHERE o.line = i.line AND o.occurrence > 1
        RETURNING i.line
        """

    static let findVariants: PostgresQuery = """
        UPDATE catalog_import i SET product_id = v.product_id, variant_id = v.id
        FROM product_variants v WHERE v.sku = i.sku
        """

    static let takeManyVariantProducts: PostgresQuery = """
        DELETE FROM catalog_import i
        WHERE EXISTS (SELECT FROM product_variants v WHERE v.product_id = i.product_id AND v.id <> i.variant_id)
        RETURNING i.line
        """

    /// Categories and brands that the file is the first to name, and a slug for each new product that no other has:
    /// SKUs that differ only in case or punctuation would share one.
    static let prepare: [PostgresQuery] = [
        """
        INSERT INTO categories (slug, name)
        SELECT DISTINCT ON (category_slug) category_slug, category FROM catalog_import ORDER BY category_slug, line
        ON CONFLICT (slug) DO NOTHING
        """,
        """
        INSERT INTO brands (slug, name)
        SELECT DISTINCT ON (brand_slug) brand_slug, brand FROM catalog_import WHERE brand <> ''
        ORDER BY brand_slug, line
        ON CONFLICT (slug) DO NOTHING
        """,
        """
        UPDATE catalog_import i
        SET category_id = (SELECT id FROM categories c WHERE c.slug = i.category_slug),
            brand_id = (SELECT id FROM brands b WHERE b.slug = i.brand_slug)
        """,
        """
        UPDATE catalog_import i SET slug = left(i.slug, 110) || '-' || left(md5(i.sku), 8)
        FROM (
            SELECT line, row_number() OVER (PARTITION BY slug ORDER BY line) AS occurrence
            FROM catalog_import WHERE product_id IS NULL
        ) o
        WHERE o.line = i.line AND (o.occurrence > 1 OR EXISTS (SELECT FROM products p WHERE p.slug = i.slug))
        """,
    ]

    static let insertProducts: PostgresQuery = """
        WITH added AS (
            INSERT INTO products (slug, name, description, category_id, brand_id, currency, price_amount, in_stock,
                primary_image_url)
            SELECT slug, name, description, category_id, brand_id, currency, price_amount, stock_quantity > 0, image_url
            FROM catalog_import WHERE product_id IS NULL ORDER BY line
            RETURNING id, slug
        )
        UPDATE catalog_import i SET product_id = added.id FROM added
        WHERE i.slug = added.slug AND i.product_id IS NULL
        RETURNING i.product_id
        """

    static let insertParts: [PostgresQuery] = [
        """
        INSERT INTO product_images (product_id, url, alt, is_primary)
        SELECT product_id, image_url, name, true FROM catalog_import WHERE variant_id IS NULL
        """,
        """
        WITH changed AS (
            INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity)
            SELECT product_id, sku, 'Standard', price_amount, stock_quantity FROM catalog_import WHERE variant_id IS NULL
            RETURNING id, stock_quantity AS delta
        )
        \(StockLedger.record(.import))
        """,
        "DELETE FROM catalog_import WHERE variant_id IS NULL",
    ]

    /// The products that differ, locked in id order (product first, then its variant, as everywhere), then written.
    static let updateProducts: PostgresQuery = """
        WITH different AS MATERIALIZED (
            SELECT i.*
            FROM catalog_import i
            JOIN products p ON p.id = i.product_id
            JOIN product_variants v ON v.id = i.variant_id
            WHERE (p.name, p.description, p.category_id, p.brand_id, p.currency, p.primary_image_url, v.price_amount,
                    v.stock_quantity)
                IS DISTINCT FROM (i.name, i.description, i.category_id, i.brand_id, i.currency, i.image_url,
                    i.price_amount, i.stock_quantity)
            ORDER BY p.id FOR NO KEY UPDATE OF p
        ), kept AS (
            DELETE FROM catalog_import i WHERE NOT EXISTS (SELECT FROM different d WHERE d.line = i.line)
        )
        UPDATE products p
        SET name = d.name, description = d.description, category_id = d.category_id, brand_id = d.brand_id,
            currency = d.currency, price_amount = d.price_amount, in_stock = d.stock_quantity > 0,
            compare_at_amount = CASE WHEN p.compare_at_amount > d.price_amount THEN p.compare_at_amount END,
            primary_image_url = d.image_url, version = version + 1, updated_at = now()
        FROM different d WHERE p.id = d.product_id
        RETURNING p.id
        """

    /// What is left in the staging table are the lines that differ.
    static let updateParts: [PostgresQuery] = [
        """
        SELECT v.id FROM product_variants v JOIN catalog_import i ON i.variant_id = v.id
        ORDER BY v.id FOR UPDATE OF v
        """,
        """
        WITH changed AS (
            UPDATE product_variants v SET price_amount = i.price_amount, stock_quantity = i.stock_quantity,
                compare_at_amount = CASE WHEN v.compare_at_amount > i.price_amount THEN v.compare_at_amount END
            FROM catalog_import i JOIN product_variants before ON before.id = i.variant_id WHERE v.id = i.variant_id
            RETURNING v.id, v.stock_quantity - before.stock_quantity AS delta
        )
        \(StockLedger.record(.import))
        """,
        """
        UPDATE product_images g SET url = i.image_url
        FROM catalog_import i WHERE g.product_id = i.product_id AND g.is_primary
        """,
        """
        INSERT INTO product_images (product_id, url, alt, is_primary)
        SELECT product_id, image_url, name, true FROM catalog_import i
        WHERE NOT EXISTS (SELECT FROM product_images g WHERE g.product_id = i.product_id AND g.is_primary)
        """,
    ]
}
