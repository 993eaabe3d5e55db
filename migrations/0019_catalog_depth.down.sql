ALTER TABLE categories DROP CONSTRAINT categories_not_below_itself;
ALTER TABLE product_images DROP CONSTRAINT product_images_size, DROP COLUMN width, DROP COLUMN height;
DROP INDEX products_name;
ALTER TABLE products
    DROP CONSTRAINT products_active_has_image,
    DROP COLUMN compare_at_amount,
    DROP COLUMN tags,
    DROP COLUMN attributes,
    DROP COLUMN seo_title,
    DROP COLUMN seo_description;
UPDATE products SET primary_image_url = '' WHERE primary_image_url IS NULL;
ALTER TABLE products ALTER COLUMN primary_image_url SET NOT NULL;
ALTER TABLE product_variants DROP COLUMN compare_at_amount, DROP COLUMN low_stock_threshold;
