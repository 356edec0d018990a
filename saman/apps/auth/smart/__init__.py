"""SMART App Launch 2.2: apps ask here for what people let them do (https://hl7.org/fhir/smart-app-launch/STU2.2/)."""
