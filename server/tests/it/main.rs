//! Tests over HTTP: a real server process, a real database, what a client can see.

mod accounts;
mod app;
mod artifacts;
mod bad_input;
mod browser;
mod command_line;
mod crash;
mod experiments;
mod files;
mod keep_alive;
mod lifecycle;
mod live;
mod logged_models;
mod metrics;
mod oidc;
mod open_mode;
mod pages;
mod paging;
mod permissions;
mod registry;
mod registry_pages;
mod reviews;
mod rights;
mod routes;
mod runs;
mod search;
