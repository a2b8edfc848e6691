print("storelab")
