"""The stand-in: one small real server that plays each of the product's services, inside the lab's images."""
