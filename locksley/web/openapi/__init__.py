"""The description of the HTTP interface (OpenAPI 3.1), made from the table of routes and the types that it names."""
