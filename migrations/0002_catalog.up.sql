-- Why: what is for sale. Money is an integer in minor units with its ISO 4217 code beside it.
CREATE TABLE categories (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint REFERENCES categories (id),
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    position integer NOT NULL DEFAULT 0
);

CREATE TABLE brands (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL
);

-- version is the external version of the product's search document: it rises with every change that the document
-- shows, so that an index job that comes late never overwrites a newer document.
--
-- price_amount (the cheapest variant's), in_stock and primary_image_url repeat what variants and images say, so that a
-- page of the list is one index scan. Whoever changes variants or images sets them in the same transaction; in_stock
-- alone follows an order a moment later (the order's confirm job sets it), and nothing decides by it.
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    category_id bigint NOT NULL REFERENCES categories (id),
    brand_id bigint REFERENCES brands (id),
    seller_id bigint REFERENCES users (id),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('draft', 'active', 'archived')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    in_stock boolean NOT NULL,
    primary_image_url text NOT NULL,
    version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX products_category_newest ON products (category_id, id DESC) WHERE status = 'active';
CREATE INDEX products_newest ON products (id DESC) WHERE status = 'active';
CREATE INDEX products_brand ON products (brand_id, id DESC) WHERE status = 'active';
CREATE INDEX products_price ON products (price_amount, id) WHERE status = 'active';
CREATE INDEX products_seller ON products (seller_id);

CREATE TABLE product_variants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    stock_quantity integer NOT NULL CONSTRAINT product_variants_stock_not_negative CHECK (stock_quantity >= 0),
    attributes jsonb NOT NULL DEFAULT '{}',
    position integer NOT NULL DEFAULT 0
);
CREATE INDEX product_variants_product ON product_variants (product_id);

CREATE TABLE product_images (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    url text NOT NULL,
    alt text NOT NULL DEFAULT '',
    is_primary boolean NOT NULL DEFAULT false,
    position integer NOT NULL DEFAULT 0
);
CREATE INDEX product_images_product ON product_images (product_id);
CREATE UNIQUE INDEX product_images_one_primary ON product_images (product_id) WHERE is_primary;

-- The search fallback while the search engine is down: the words of name and description.
CREATE INDEX products_words ON products
    USING gin (to_tsvector('simple', name || ' ' || description)) WHERE status = 'active';

GRANT SELECT, INSERT, UPDATE, DELETE ON categories, brands, products, product_variants, product_images TO wharf_api;
GRANT SELECT ON categories, brands, products, product_variants, product_images TO wharf_worker;
GRANT UPDATE (in_stock, version, updated_at) ON products TO wharf_worker;
GRANT UPDATE (stock_quantity) ON product_variants TO wharf_worker;
