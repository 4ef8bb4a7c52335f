"""The tables of a run file, for those who write it and those who read it."""

from __future__ import annotations

APPLICATION_ID = 0x54_4C_4E_54  # "TLNT", where SQLite keeps what a file is
VERSION = 2  # rises when an older trainlint could misread the file

TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE subject(id INTEGER PRIMARY KEY, role TEXT, name TEXT, type TEXT, first_step INTEGER, facts TEXT);
CREATE TABLE layer(
    model INTEGER, path TEXT, type TEXT, parameters INTEGER, trainable INTEGER, facts TEXT,
    PRIMARY KEY (model, path)) WITHOUT ROWID;
CREATE TABLE parameter(id INTEGER PRIMARY KEY, model INTEGER, name TEXT, shape TEXT);
CREATE TABLE site(
    id INTEGER PRIMARY KEY, file TEXT, row INTEGER, col INTEGER, end_row INTEGER, end_col INTEGER,
    call TEXT);
CREATE TABLE source(file TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE operation(
    id INTEGER PRIMARY KEY, kind TEXT, site INTEGER, models TEXT, optimizer INTEGER, scheduler INTEGER,
    scaler INTEGER, scaled INTEGER, training INTEGER, grad INTEGER);
CREATE TABLE pattern(id INTEGER PRIMARY KEY, operations TEXT);
CREATE TABLE stretch(id INTEGER PRIMARY KEY, step INTEGER, pattern INTEGER, repeats INTEGER);
CREATE TABLE step(
    step INTEGER PRIMARY KEY, optimizer INTEGER, time_s REAL, wall_s REAL, data_s REAL, forward_s REAL,
    backward_s REAL, optimizer_s REAL, backwards INTEGER, loss REAL, rates BLOB, norm_before REAL,
    norm_after REAL, clipped INTEGER, loss_scale REAL, skipped INTEGER,
    layout INTEGER, norms_before BLOB, norms_after BLOB);
CREATE TABLE layout(id INTEGER PRIMARY KEY, parameters TEXT);
CREATE TABLE feed(
    id INTEGER PRIMARY KEY, loader INTEGER, site INTEGER, batches INTEGER, batches_trained INTEGER,
    longest_untrained INTEGER);
CREATE TABLE forward(
    id INTEGER PRIMARY KEY, model INTEGER, site INTEGER, feed INTEGER, training INTEGER, grad INTEGER,
    facts TEXT);
CREATE TABLE norm_layer(
    model INTEGER, path TEXT, site INTEGER, feed INTEGER, facts TEXT,
    PRIMARY KEY (model, path, site)) WITHOUT ROWID;
CREATE TABLE series(id INTEGER PRIMARY KEY, step INTEGER, time_s REAL, name TEXT, value REAL);
CREATE TABLE finding(id INTEGER PRIMARY KEY, step INTEGER, body TEXT);
CREATE TABLE notice(id INTEGER PRIMARY KEY, text TEXT);
"""

COLUMNS = {
    "meta": 2,
    "subject": 6,
    "layer": 6,
    "parameter": 4,
    "site": 7,
    "source": 2,
    "operation": 10,
    "pattern": 2,
    "stretch": 4,
    "step": 19,
    "layout": 2,
    "feed": 6,
    "forward": 7,
    "norm_layer": 5,
    "series": 5,
    "finding": 3,
    "notice": 2,
}
