"""What a change of one namespace takes while another attacks Teal."""
