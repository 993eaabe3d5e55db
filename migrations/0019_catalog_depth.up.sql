-- Why: what a shop window needs beyond name and price. As before, products repeat what a page of the list shows or filters
-- by of their variants: compare_at_amount is that of the cheapest variant, attributes has 'size:M' for each that any
-- variant has. Whoever changes variants sets them in the same transaction.
--
-- No index knows stock levels or thresholds: the checkout updates variants in place only as long as no index depends on
-- what it changes. The list of what runs low reads the table; people who order supplies can wait for that.
ALTER TABLE product_variants
    ADD COLUMN compare_at_amount bigint
        CONSTRAINT product_variants_compare_at_higher CHECK (compare_at_amount > price_amount),
    ADD COLUMN low_stock_threshold integer NOT NULL DEFAULT 5
        CONSTRAINT product_variants_threshold_not_negative CHECK (low_stock_threshold >= 0);

-- A draft may still be without a picture. What is for sale has exactly one primary image: this says at least one, the
-- index product_images_one_primary at most one.
ALTER TABLE products
    ALTER COLUMN primary_image_url DROP NOT NULL,
    ADD CONSTRAINT products_active_has_image CHECK (status <> 'active' OR primary_image_url IS NOT NULL),
    ADD COLUMN compare_at_amount bigint CONSTRAINT products_compare_at_higher CHECK (compare_at_amount > price_amount),
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN attributes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN seo_title text,
    ADD COLUMN seo_description text;
UPDATE products p SET attributes = ARRAY(
    SELECT DISTINCT a.key || ':' || a.value
    FROM product_variants v, jsonb_each_text(v.attributes) a WHERE v.product_id = p.id ORDER BY 1
);
CREATE INDEX products_name ON products (name, id) WHERE status = 'active';
CREATE INDEX products_tags ON products USING gin (tags) WHERE status = 'active';
CREATE INDEX products_attributes ON products USING gin (attributes) WHERE status = 'active';

ALTER TABLE product_images
    ADD COLUMN width integer,
    ADD COLUMN height integer,
    ADD CONSTRAINT product_images_size CHECK (
        (width IS NULL AND height IS NULL) OR (width BETWEEN 1 AND 50000 AND height BETWEEN 1 AND 50000)
    );

ALTER TABLE categories ADD CONSTRAINT categories_not_below_itself CHECK (parent_id <> id);
