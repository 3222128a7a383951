"""Model files read without running anything of them: strict readers, conversion to plain data, licences, provenance."""
