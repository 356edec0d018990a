"""What a service model does to people, staff, travel, money and climate."""
