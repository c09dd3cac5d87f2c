"""Mark what students hand in: deliveries opened, looked at, executed apart, and told in sheets and pages."""
