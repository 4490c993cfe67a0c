"""What all layers are built on: the base class and what happens when one is called."""
