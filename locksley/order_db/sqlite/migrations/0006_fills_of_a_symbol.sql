-- With the symbol in it, a person's fills of one symbol are picked out of this index, and their other fills are not looked at. An index that
-- begins with person and symbol would need no picking, but each fill booked would change a page of it, and take a quarter longer.
DROP INDEX fills_by_user;
CREATE INDEX fills_by_user ON fills (user_id, fill_id, symbol);
