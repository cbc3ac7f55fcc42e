-- Whether no trade that comes late changes the prices of that moment any more. Until then they are looked up whenever the value is asked for.
ALTER TABLE portfolio_days ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0 CHECK (is_final IN (0, 1));
