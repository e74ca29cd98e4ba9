"""Running the portal: embedded servers, environment, supervision, health."""
