"""What AWS's refusals mean, a file a service: code -> the rules tried in order."""
