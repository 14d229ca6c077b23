"""Files that libraries bring: tables (CSV, TSV) and MARC records, read one record at a time."""
