from locust import HttpUser, between, task


class Visitor(HttpUser):
    wait_time = between(1, 3)

    @task(3)
    def items(self):
        self.client.get("/items")

    @task
    def last(self):
        self.client.get('/orders/last', name="last")

    @task
    def one(self):
        self.client.get(f"/orders/{self.order}")

    @task
    def order(self):
        self.client.post("/orders", json={"item": 1})
