CREATE TABLE orders (
    ref text PRIMARY KEY,
    customer text NOT NULL,
    total integer NOT NULL CHECK (total >= 0),
    stored_at timestamptz NOT NULL DEFAULT now()
);
