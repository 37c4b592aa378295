CREATE TABLE articles (
    name text PRIMARY KEY,
    available integer NOT NULL
);

CREATE TABLE reservations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id text NOT NULL,
    article text NOT NULL REFERENCES articles,
    quantity integer NOT NULL CHECK (quantity > 0)
);

INSERT INTO articles VALUES ('lamp', 10000), ('chair', 10000);
