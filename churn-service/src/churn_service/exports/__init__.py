"""Writers of other model formats, one per file; they may import pickle, serving may not."""
