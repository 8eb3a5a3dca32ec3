"""What Helm runs beside an install, an upgrade, an uninstall."""
