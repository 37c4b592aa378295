CREATE TABLE payments (
    order_id text PRIMARY KEY,
    customer text NOT NULL,
    cents bigint NOT NULL CHECK (cents > 0),
    booked_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE customers (
    name text PRIMARY KEY,
    spent bigint NOT NULL
);
