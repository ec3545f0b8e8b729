"""Trains a small neural network to tell two interleaved half-moons apart.

Nothing but the standard library. The same arguments always give the same line on standard output; a
learning rate that makes the network diverge ends in a ValueError.
"""

import argparse
import math
import random

SAMPLES = 400
EPOCHS = 100


def half_moons(count, noise, rng):
    """Points ((x, y), label) of two half circles that reach into each other; the label is 1 or -1."""
    points = []
    for index in range(count):
        angle = rng.uniform(0, math.pi)
        x, y = math.cos(angle), math.sin(angle)
        label = 1 if index % 2 else -1
        if label == 1:
            x, y = 1 - x, 0.5 - y
        points.append(((x + rng.gauss(0, noise), y + rng.gauss(0, noise)), label))
    return points


class Network:
    """Two inputs, one hidden layer of rectified units, one output."""

    def __init__(self, hidden, rng):
        self.units = [[rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(hidden)]
        self.weights = [rng.gauss(0, 1 / math.sqrt(hidden)) for _ in range(hidden)]
        self.bias = 0.0

    def predict(self, point):
        """The output, and what each hidden unit adds to it before its weight."""
        x, y = point
        outputs = [max(0.0, a * x + b * y + c) for a, b, c in self.units]
        return self.bias + sum(w * o for w, o in zip(self.weights, outputs)), outputs

    def learn(self, point, label, rate):
        """One step of gradient descent on the squared error, which it returns."""
        prediction, outputs = self.predict(point)
        error = prediction - label
        step = rate * error
        x, y = point
        for index, output in enumerate(outputs):
            if output > 0:
                unit, back = self.units[index], step * self.weights[index]
                self.weights[index] -= step * output
                unit[0] -= back * x
                unit[1] -= back * y
                unit[2] -= back
        self.bias -= step
        return error * error


def train(rate, hidden, seed):
    """Accuracy on points that were not trained on, and the mean squared error of the last epoch."""
    rng = random.Random(seed)
    training = half_moons(SAMPLES, 0.15, rng)
    unseen = half_moons(SAMPLES, 0.15, rng)
    network = Network(hidden, rng)
    loss = 0.0
    for epoch in range(1, EPOCHS + 1):
        rng.shuffle(training)
        loss = sum(network.learn(point, label, rate) for point, label in training) / SAMPLES
        if not math.isfinite(loss):
            raise ValueError(f"the loss is {loss} after epoch {epoch}: rate {rate} is too large")
    right = sum(network.predict(point)[0] * label > 0 for point, label in unseen)
    return right / SAMPLES, loss


def main():
    parser = argparse.ArgumentParser(description="Train a small network on two half-moons.")
    parser.add_argument("--rate", type=float, required=True, help="learning rate")
    parser.add_argument("--hidden", type=int, required=True, help="units of the hidden layer")
    parser.add_argument("--seed", type=int, required=True, help="data and first weights")
    args = parser.parse_args()
    accuracy, loss = train(args.rate, args.hidden, args.seed)
    print(f"accuracy {accuracy:.3f} loss {loss:.3f}")


if __name__ == "__main__":
    main()
