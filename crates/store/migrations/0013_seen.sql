-- What a review was decided on, as it was when it ended: facts, gates, people and rules, as JSON.
CREATE TABLE review_seen (
    review_id BIGINT NOT NULL PRIMARY KEY REFERENCES reviews (id),
    seen      TEXT   NOT NULL
) /* CLUSTERED */;
