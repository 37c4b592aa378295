-- Which messages were handled: noted in the transaction of their effect.
CREATE TABLE handled (id text PRIMARY KEY);

CREATE TABLE entries (ref text NOT NULL, amount integer NOT NULL CHECK (amount > 0));
