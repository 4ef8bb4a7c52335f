class TeacherForcing:
    """Scheduled sampling: the share of gold inputs falls linearly."""

    def __init__(self, start, end, steps):
        self.start, self.end, self.steps, self.t = start, end, steps, 0

    def step(self):
        self.t = min(self.t + 1, self.steps)

    @property
    def rate(self):
        return self.start + (self.end - self.start) * self.t / self.steps
