"""The life of an order: service -> gateway -> (exchange) -> trade processor -> updates; clean-up mends what stuck."""
