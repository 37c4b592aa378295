CREATE TABLE reservations (
    order_id VARCHAR(64) PRIMARY KEY,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    reserved_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
