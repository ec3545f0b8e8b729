-- The time by which this queue is kept: on a Redis Cluster that of the node that has it.
--
-- Answers   milliseconds since 1970
-- Keeps     it changes nothing

return NOW
