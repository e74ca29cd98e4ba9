"""The only room that calls an ERP."""
