-- Roles that an identity provider gives can be taken back by it; those that an admin gave can't.
ALTER TABLE user_roles ADD COLUMN source TEXT NOT NULL DEFAULT 'admin';
