-- What was last seen of an open review that somebody listens to: whether a gate or a signature has changed since.
CREATE TABLE review_noticed (
    review_id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    -- The status of each gate by its id, JSON.
    gates TEXT NOT NULL
);
