"""The development mailbox: takes every mail, shows it, and misbehaves when asked to."""
