//! Two persons who may be one.
