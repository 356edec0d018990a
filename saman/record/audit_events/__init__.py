"""The log over FHIR: AuditEvents and Provenances, made from its entries when they are asked for."""
