import type { Migration } from '../migration.js';

export const productLists: Migration = {
  version: 7,
  name: 'product-lists',
  sql: `
    -- One for each order of a list, read forwards or backwards from where the last page ended.
    CREATE INDEX products_created_at ON products (created_at, id);
    CREATE INDEX products_name ON products (name, id);
    CREATE INDEX products_price ON products (price, id);
    CREATE INDEX products_stock_quantity ON products (stock_quantity, id);

    -- Why there is as much of it as there is.
    CREATE TABLE stock_adjustments (
      id uuid PRIMARY KEY DEFAULT uuidv7(),
      product_id uuid NOT NULL REFERENCES products ON DELETE CASCADE,
      delta integer NOT NULL CHECK (delta <> 0),
      reason text NOT NULL,
      stock_quantity integer NOT NULL,
      adjusted_by uuid REFERENCES users ON DELETE SET NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now()
    );
    CREATE INDEX stock_adjustments_product_id ON stock_adjustments (product_id);
    CREATE INDEX stock_adjustments_adjusted_by ON stock_adjustments (adjusted_by);
  `,
};
