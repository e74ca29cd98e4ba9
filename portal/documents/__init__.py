"""Documents in and out: tables that people upload, workbooks and PDFs that they download."""
