"""Which rows are kept aside."""
