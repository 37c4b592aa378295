CREATE TABLE arrivals (
    id varchar(64) PRIMARY KEY,
    article varchar(64) NOT NULL,
    pieces integer NOT NULL CHECK (pieces > 0)
);
CREATE TABLE shelves (
    article varchar(64) PRIMARY KEY,
    pieces integer NOT NULL
);
