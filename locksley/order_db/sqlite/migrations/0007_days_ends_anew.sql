-- Up to here a day's end could lack a fill that was booked late and still count it, which nobody can tell afterwards. They are copies, and are
-- worked out again when they are missing.
DELETE FROM portfolio_days;
