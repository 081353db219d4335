"""The sample newsroom: invented outlets and texts with known stories, copies and topics, served on loopback."""
