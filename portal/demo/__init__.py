"""The demo company: invented data and drawn pictures, loaded through the importer customers use."""
