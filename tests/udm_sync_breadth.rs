//! `udm-sync` in clusters and on routers of every kind.
