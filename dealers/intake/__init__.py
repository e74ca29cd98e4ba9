"""How every room takes in rows from outside: bad cells and repeats are refused by name, only differences written."""
