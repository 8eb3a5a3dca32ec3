"""What `teal promote` and `teal abort` do in the cluster; what they decide is `routing.promoting`."""
