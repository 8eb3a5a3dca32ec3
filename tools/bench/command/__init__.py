"""What each of `teal`'s commands costs from start to end, beside the nearest of kubectl's."""
