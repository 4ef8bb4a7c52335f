class Stepped:
    """Steps the schedule once for each call of the optimizer."""

    def __init__(self, optimizer, schedule):
        self.optimizer, self.schedule = optimizer, schedule

    def zero_grad(self):
        self.optimizer.zero_grad(set_to_none=True)

    def step(self):
        self.optimizer.step()
        self.schedule.step()


def cycle(iterable, n):
    done = 0
    while done < n:
        for item in iterable:
            if done == n:
                return
            done += 1
            yield item
