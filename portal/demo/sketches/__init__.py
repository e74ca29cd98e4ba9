"""Product drawings of the demo company: one function per kind of product, on one canvas."""
